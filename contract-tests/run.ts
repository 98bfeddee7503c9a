/** `npm run contract`: the contract suite on the chatbot. */
import { contract } from '@banyan/suite/contract.ts';
import chatbot from './chatbot.ts';

await contract(process.argv.slice(2), chatbot);
