/** `<hearth-chat model="tales" theme="dark">`: a chat in a frame, of which the page sees nothing. */
import { HearthError, toHearthError } from '../lib/errors';
import { EMBED_THEMES, type EmbedTheme } from '../protocol/embed-api';
import type { Connection } from './connection';
import { connectFrame } from './frame';

const STYLE = `
  :host { display: block; height: 32rem; }
  :host([hidden]) { display: none; }
  iframe { display: block; width: 100%; height: 100%; border: 0; }
  p { margin: 0; padding: 1rem; font: inherit; }
`;

/** Not where there is no page, so that a server may import this module. */
export function defineElement(): void {
  if (!('customElements' in globalThis) || customElements.get('hearth-chat')) return;
  customElements.define('hearth-chat', createElementClass());
}

/** Events: `hearth-open` when the person has allowed it, `hearth-close` with the reason, a HearthError, as its detail. */
function createElementClass(): CustomElementConstructor {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE); // as a style element it would need the page's content security policy to allow it

  return class HearthChat extends HTMLElement {
    static readonly observedAttributes = ['theme'];
    readonly #root = this.attachShadow({ mode: 'open' });
    #life: AbortController | null = null;
    #connection: Connection | null = null;

    connectedCallback(): void {
      this.#root.adoptedStyleSheets = [sheet];
      const life = new AbortController();
      this.#life = life;
      void this.#open(life.signal);
    }

    disconnectedCallback(): void {
      this.#life?.abort(new HearthError('aborted', 'The element was removed from the page.'));
      this.#connection?.close();
      this.#connection = null;
      this.#root.replaceChildren();
    }

    attributeChangedCallback(): void {
      this.#connection?.setTheme(this.#theme);
    }

    get #theme(): EmbedTheme {
      const wanted = this.getAttribute('theme');
      return EMBED_THEMES.find((theme) => theme === wanted) ?? 'system';
    }

    async #open(signal: AbortSignal): Promise<void> {
      const frame = document.createElement('iframe');
      frame.loading = 'lazy';
      frame.title = 'Hearth';
      this.#root.replaceChildren(frame);
      let reason: HearthError;
      try {
        const model = this.getAttribute('model') ?? 'tales';
        const connecting = connectFrame(frame, { use: 'chat', model, theme: this.#theme, signal, onPanel() {} });
        const connection = await connecting;
        this.#connection = connection;
        connection.setTheme(this.#theme); // it may have changed while the person was asked
        this.dispatchEvent(new Event('hearth-open'));
        reason = await connection.closed;
      } catch (error) {
        reason = toHearthError(error);
      }
      if (signal.aborted) return;
      this.#connection = null;
      // Why, is in the frame; a frame that does not answer says nothing.
      if (reason.code === 'network') this.#root.replaceChildren(paragraph(`${reason.message} ${reason.hint}`));
      this.dispatchEvent(new CustomEvent('hearth-close', { detail: reason }));
    }
  };
}

function paragraph(text: string): HTMLParagraphElement {
  const element = document.createElement('p');
  element.textContent = text;
  return element;
}
