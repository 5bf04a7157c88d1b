/**
 * The thread that answers when the network does not. It keeps the shell (pages, scripts, styles, icons) of one build and
 * serves it first; the list is filled in at build time. Models are not its business: they lie in IndexedDB.
 *
 * A new build is fetched beside the old one and waits until the page says so (client/offline.ts) or every tab is closed,
 * so scripts of two builds never meet in one page.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { NOT_THE_APP } from './not-the-app';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null }[] };

cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);

registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: NOT_THE_APP }));

self.addEventListener('message', (event: ExtendableMessageEvent) => {
  const message: unknown = event.data;
  if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'SKIP_WAITING')
    void self.skipWaiting();
});
