/**
 * Puts a text on the clipboard. Browsers have the first way only on TLS and on this machine; a service in a private
 * network is often neither.
 * @param near an element beside which a field can stand for a moment: of an open dialog, one that is in it
 * @returns whether it is there
 */
export async function copyText(text: string, near: Element): Promise<boolean> {
  try {
    if (!window.isSecureContext) return copyByField(text, near);
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByField(text, near);
  }
}

function copyByField(text: string, near: Element): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.className = 'visually-hidden';
  field.value = text;
  near.after(field);
  field.select();
  try {
    return document.execCommand('copy');
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
