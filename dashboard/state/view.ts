import type { ComponentType } from 'preact';

/** One view of the page. To add one, write its file and name it in `views.ts`. */
export interface View {
  /** In the link: `/?view=ID`. Never changed once it is out, because people keep links. */
  readonly id: string;
  /** In the navigation, as the heading, and in the title of the tab. */
  readonly title: string;
  /** Whether what it shows needs no key: then it is shown also while one is asked for. */
  readonly isOpen?: boolean;
  /** What stands below the heading. */
  readonly Content: ComponentType<ViewProps>;
}

export interface ViewProps {
  /** The state of the view, from the link; `linkTo(view.id, {…})` writes it. */
  readonly query: URLSearchParams;
}
