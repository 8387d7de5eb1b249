// What the server says once: the views there are, the fields it knows, who is asking. Loaded at start and after signing in.
import { ask, ApiError, rememberCsrf, type FieldInfo, type ViewInfo, type WhoAmI } from '../api/client';
import { spoken, wordsFor } from '../fields/words';
import { getLocale } from '../paraglide/runtime';

class Catalogue {
  views = $state.raw<ViewInfo[]>([]);
  fields = $state.raw<Map<string, FieldInfo>>(new Map());
  me = $state.raw<WhoAmI | undefined>();
  /** Reading needs credentials, and there are none. */
  locked = $state(false);
  /** Why nothing could be loaded. */
  error = $state('');
  loaded = $state(false);

  async load() {
    this.error = '';
    try {
      const [, views, fields, words] = await Promise.all([
        ask<WhoAmI>('session').then((me) => {
          this.me = me;
          rememberCsrf(me.csrf);
        }),
        ask<{ views: ViewInfo[] }>('views'),
        ask<{ fields: FieldInfo[] }>('fields'),
        wordsFor(getLocale()),
      ]);
      this.views = views.views;
      this.fields = new Map(fields.fields.map((field) => [field.name, spoken(field, words)]));
      this.locked = false;
      this.loaded = true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.locked = true;
      else this.error = error instanceof Error ? error.message : String(error);
    }
  }
}

export const catalogue = new Catalogue();
