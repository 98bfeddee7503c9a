export * from '@banyan/operations/testing/eventually.ts';
