/** Draws what the frame shows, in the person's language, and tells how high it is. */
import '../../app/ui/tokens.css';
import './embed.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { chooseLanguage, speak } from '../../app/strings';
import { present } from '../../lib/invariant';
import { ChatPanel } from './chat-panel';
import { QuestionPanel } from './question-panel';
import { TroublePanel } from './trouble-panel';
import { UsePanel } from './use-panel';
import type { View } from './view';

const language = chooseLanguage(navigator.languages);
await speak(language).catch(() => {}); // it could not be fetched: English is always at hand
document.documentElement.lang = language;

const element = present(document.getElementById('root'), 'the element #root');
const root = createRoot(element);
let tellHeight: ((height: number) => void) | undefined;
new ResizeObserver(() => tellHeight?.(Math.ceil(element.getBoundingClientRect().height))).observe(element);

/** @param onHeight called now and whenever what is shown changes its height, in CSS pixels. */
export function draw(view: View, onHeight?: (height: number) => void): void {
  tellHeight = onHeight;
  root.render(
    <StrictMode>
      <Panel view={view} />
    </StrictMode>,
  );
  requestAnimationFrame(() => tellHeight?.(Math.ceil(element.getBoundingClientRect().height)));
}

function Panel({ view }: { readonly view: View }) {
  switch (view.kind) {
    case 'question':
      return <QuestionPanel key={view.question.model} {...view} />;
    case 'use':
      return <UsePanel {...view} />;
    case 'chat':
      return <ChatPanel {...view} />;
    case 'trouble':
      return <TroublePanel view={view} />;
  }
}
