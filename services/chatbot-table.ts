/** The chatbot's route table, with the way in which its legacy app reads requests. */
import { inDialect } from '../contract/route-types.ts';
import { routeTable } from '../contract/routes.ts';
import { pythonDialect } from './wire/python/dialect.ts';

export const chatbotTable = inDialect(routeTable, pythonDialect(routeTable));
