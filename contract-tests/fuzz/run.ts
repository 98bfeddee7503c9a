/** `npm run fuzz`: generated sequences against the chatbot. */
import { fuzz } from '@banyan/suite/fuzz/fuzz.ts';
import chatbot from '../chatbot.ts';

await fuzz(process.argv.slice(2), chatbot);
