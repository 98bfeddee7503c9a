/** The title of the open chat, which can be edited in its place. */
import { byId } from './dom.ts';

const title = byId('title', HTMLHeadingElement);
const form = byId('rename-form', HTMLFormElement);
const input = byId('new-title', HTMLInputElement);
const button = byId('rename', HTMLButtonElement);

/**
 * @param save Resolves with whether the API took the new title.
 * @param cancelled The person leaves the title as it is.
 */
export function setUpRename(save: (title: string) => Promise<boolean>, cancelled: () => void): void {
  const cancel = () => {
    stopRenaming();
    cancelled();
  };
  button.addEventListener('click', () => {
    input.value = title.textContent;
    edit(true);
    input.select();
  });
  byId('rename-cancel', HTMLButtonElement).addEventListener('click', cancel);
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') cancel();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void save(input.value).then((taken) => {
      if (taken) stopRenaming();
      else input.focus();
    });
  });
}

export function stopRenaming(): void {
  if (form.hidden) return;
  edit(false);
  button.focus();
}

function edit(editing: boolean): void {
  form.hidden = !editing;
  title.hidden = editing;
  button.hidden = editing;
}
