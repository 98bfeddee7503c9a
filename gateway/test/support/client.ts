export * from '@banyan/operations/testing/client.ts';
