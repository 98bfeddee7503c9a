export class GivingBack {
  async run(_: AbortSignal): Promise<void> {}
}
