declare global {
  namespace App {
    interface PageState {
      /** Whether the page was reached from within, so that going back stays in the app. */
      within?: boolean;
    }
  }
}

export {};
