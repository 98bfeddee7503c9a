/** Asks before something is gone. */
import { byId, say } from './dom.ts';

export function confirmed(question: string, consequence: string, verb: string): Promise<boolean> {
  const dialog = byId('confirm', HTMLDialogElement);
  say(byId('confirm-question', HTMLParagraphElement), question);
  say(byId('confirm-consequence', HTMLParagraphElement), consequence);
  byId('confirm-yes', HTMLButtonElement).textContent = verb;
  // Escape leaves the last value in place.
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
