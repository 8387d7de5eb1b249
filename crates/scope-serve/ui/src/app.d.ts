declare global {
  namespace App {
    interface Error {
      message: string;
      /** False where a part of the page was asked for and did not arrive. */
      arrived?: boolean;
    }
    interface PageState {
      /** Whether the page was reached from within, so that going back stays in the app. */
      within?: boolean;
    }
  }
}

export {};
