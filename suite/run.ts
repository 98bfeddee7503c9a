/** `node suite/run.ts --application FILE …`: the contract suite on any application that says what `application.ts` asks for. */
import { contract } from './contract.ts';

await contract(process.argv.slice(2));
