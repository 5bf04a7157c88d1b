/** Where the page begins: the store, the browser around it, and the component tree. */
// Styles first: those of the rooms build on them.
import './ui/tokens.css';
import './ui/base.css';
import './ui/frame.css';
import './ui/pages.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { hearth } from '../client';
import { present } from '../lib/invariant';
import { App } from './app';
import { followBrowser } from './follow-browser';
import { chatServicesHere } from './state/chats-slice';
import { nextFrame } from './state/next-frame';
import { readStartAddress } from './state/start-address';
import { createAppStore } from './state/store';
import { tabStorage } from './state/tab-storage';
import { StoreContext } from './state/use-app';

const start = readStartAddress(location.search);
const store = createAppStore({ client: hearth, nextFrame, chats: chatServicesHere(tabStorage()) }, start);
if (start.text !== null) forgetInAddress('q');
store.subscribe(({ modelId }, before) => {
  if (modelId !== before.modelId) forgetInAddress('model');
});

const drawable = followBrowser(store);
// The model and the chats come meanwhile.
void store.getState().beginChats().then(store.getState().recallLastKeys);
void store.getState().begin();
await drawable;

createRoot(present(document.getElementById('root'), 'the element #root')).render(
  <StrictMode>
    <StoreContext value={store}>
      <App />
    </StoreContext>
  </StrictMode>,
);

/** What the address asked for has been done, or something else was chosen since: a reload does not ask for it again. */
function forgetInAddress(name: 'q' | 'model'): void {
  const address = new URL(location.href);
  address.searchParams.delete(name);
  history.replaceState(history.state, '', address);
}
