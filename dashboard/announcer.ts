/** Long enough that a screen reader notices that the text changed, also to the same one. */
const PAUSE_MS = 50;

/** Adds a live region to the page. @returns what puts a sentence into it */
export function createAnnouncer(document: Document): (text: string) => void {
  const region = document.createElement('div');
  region.className = 'visually-hidden';
  region.setAttribute('role', 'status');
  document.body.append(region);
  return (text) => {
    region.textContent = '';
    setTimeout(() => {
      region.textContent = text;
    }, PAUSE_MS);
  };
}
