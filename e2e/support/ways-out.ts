/** The ways in which a script could carry something out of the page or thread it runs in. */
import type { Worker } from '@playwright/test';

/** A page, a frame or a thread. */
export type Place = Pick<Worker, 'evaluate' | 'url'>;

/**
 * Tries every way there is in this place to reach `base`, each under a path of its own, e.g. "/opaque-fetch".
 * @param waitMs how long the browser has to say that it stopped one.
 * @returns by way the directive of the content security policy that stopped it; null for what ended in silence. Whether that
 *   arrived is for the other server to say.
 */
export function tryWaysOut(place: Place, base: string, waitMs = 5000): Promise<Record<string, string | null>> {
  // All in one function, because that is what the browser is given.
  return place.evaluate(
    async ({ base, waitMs }) => {
      const scriptOf = (url: string) => `fetch(${JSON.stringify(url)}, { mode: 'no-cors' })`;
      const everywhere: Record<string, (url: string) => unknown> = {
        fetch: (url) => fetch(url),
        'opaque-fetch': (url) => fetch(url, { mode: 'no-cors', method: 'POST', body: 'secret', keepalive: true }),
        'web-socket': (url) => new WebSocket(url.replace('http', 'ws')),
        'event-source': (url) => new EventSource(url),
        'web-transport': (url) => new WebTransport(url.replace('http', 'https')).ready,
      };
      const inPageOrThread: typeof everywhere = {
        import: (url) => import(url),
        'xml-http-request'(url) {
          const request = new XMLHttpRequest();
          request.open('POST', url);
          request.send('secret');
        },
        thread: (url) => new Worker(URL.createObjectURL(new Blob([scriptOf(url)], { type: 'text/javascript' }))),
      };
      const inServiceWorker: typeof everywhere = {
        'import-scripts': (url) => (globalThis as unknown as { importScripts(url: string): void }).importScripts(url),
      };
      const add = (tag: string, attributes: Record<string, string>) => {
        const element = document.createElement(tag);
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        return document.body.appendChild(element);
      };
      const inPage: typeof everywhere = {
        beacon: (url) => navigator.sendBeacon(url, 'secret'),
        image: (url) => add('img', { src: url }),
        script: (url) => add('script', { src: url }),
        'inline-script': (url) => (add('script', {}).textContent = scriptOf(url)),
        style: (url) => add('link', { rel: 'stylesheet', href: url }),
        background(url) {
          // In a frame that draws nothing styles are worked out when they are asked for.
          const drawn = add('p', {});
          drawn.style.backgroundImage = `url("${url}")`;
          drawn.getBoundingClientRect();
        },
        font: (url) => new FontFace('elsewhere', `url("${url}")`).load(),
        video: (url) => add('video', { src: url }),
        frame: (url) => add('iframe', { src: url }),
        object: (url) => add('object', { data: url }),
        prefetch: (url) => add('link', { rel: 'prefetch', href: url }),
        form(url) {
          add('iframe', { name: 'answer' });
          (add('form', { action: url, method: 'post', target: 'answer' }) as HTMLFormElement).submit();
        },
        ping: (url) => add('a', { ping: url, href: '#' }).click(),
      };
      const isPage = 'document' in globalThis;
      const isServiceWorker = 'clients' in globalThis;
      const ways = { ...everywhere, ...(isServiceWorker ? inServiceWorker : inPageOrThread), ...(isPage && inPage) };

      const stoppedBy: Record<string, string | null> = {};
      for (const [way, go] of Object.entries(ways)) {
        const stopped = new Promise<string>((done) => {
          globalThis.addEventListener(
            'securitypolicyviolation',
            ((event: SecurityPolicyViolationEvent) => done(event.effectiveDirective)) as EventListener,
            { once: true },
          );
        });
        Promise.try(go, `${base}/${way}`).catch(() => {}); // it is told that it may not
        stoppedBy[way] = await Promise.race([stopped, new Promise<null>((done) => setTimeout(done, waitMs, null))]);
      }
      return stoppedBy;
    },
    { base, waitMs },
  );
}
