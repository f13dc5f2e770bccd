import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export interface DrawerProps {
  /** What it shows; read out when it opens. */
  readonly label: string;
  /** Called when the reader wants it closed; it is closed by leaving it out. */
  readonly onClose: () => void;
  /** Called for the arrow keys: -1 up, 1 down. A long text that has the focus keeps them. */
  readonly onStep?: ((by: -1 | 1) => void) | undefined;
  /** Beside the button that closes it. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/**
 * Something opened over the page, at its side; on a phone, all of it. The browser keeps the focus in it, and gives it
 * back to where it was.
 */
export function Drawer({ label, onClose, onStep, actions, children }: DrawerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isPressedRef = useRef(false);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- Escape and the button do the same
    <dialog
      ref={dialog}
      class="drawer"
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => {
        const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : undefined;
        if (by === undefined || onStep === undefined || isScrolled(event.target)) return;
        event.preventDefault();
        onStep(by);
      }}
      // What is around its content belongs to the dialog alone: its backdrop. A text that is selected may end there.
      onPointerDown={(event) => {
        isPressedRef.current = event.target === event.currentTarget;
      }}
      onClick={(event) => {
        if (isPressedRef.current && event.target === event.currentTarget) onClose();
      }}
    >
      <div class="drawer-content">
        <div class="drawer-head">
          <button type="button" class="button button-small" onClick={onClose}>
            Close
          </button>
          <div class="drawer-actions">{actions}</div>
        </div>
        {children}
      </div>
    </dialog>
  );
}

/** Whether the keys scroll what has the focus. */
function isScrolled(target: EventTarget | null): boolean {
  return target instanceof Element && target.tagName === 'PRE' && target.scrollHeight > target.clientHeight;
}
