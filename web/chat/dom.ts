/** Elements, made and kept without a framework. Data only ever becomes text: nothing here takes HTML. */

type Child = Node | string | undefined;

/** `el('p', { className: 'quiet' }, 'Hello')` */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** The element of index.html that has this id. */
export function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} "${id}".`);
  return element;
}

/** Shows a text, or hides its element when there is none. */
export function say(element: HTMLElement, text: string | undefined): void {
  element.textContent = text ?? '';
  element.hidden = !text;
}

const keys = new WeakMap<Element, string>();

/**
 * Makes a list show these items. An element whose key is still there is kept, and updated: with it the keyboard's focus
 * and what is unfolded.
 */
export function showList<Item>(
  list: HTMLElement,
  items: Item[],
  keyOf: (item: Item) => string,
  create: (item: Item) => HTMLElement,
  update: (element: HTMLElement, item: Item) => void = () => {},
): void {
  const kept = new Map([...list.children].map((child) => [keys.get(child) ?? '', child as HTMLElement]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const element = kept.get(key) ?? create(item);
    kept.delete(key);
    keys.set(element, key);
    update(element, item);
    return element;
  });
  for (const gone of kept.values()) gone.remove();
  // Moving an element takes the focus from it, so only those in the wrong place are moved.
  for (const [at, element] of wanted.entries())
    if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
}
