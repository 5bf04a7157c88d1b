/** The prompt of the next answer as the model gets it: after its chat template, cut into its tokens. */
import { useEffect, useMemo, useState } from 'react';
import type { RenderedChat } from '../../client';
import { presentPrompt } from '../state/chat-slice';
import { useApp } from '../state/use-app';
import { CopyButton } from './copy-button';
import { strings } from './strings';

/** More are shown on request: each is an element of the page. */
const SHOWN_TOKENS = 2000;

export default function PromptInspector() {
  const model = useApp(({ modelState }) => (modelState.kind === 'ready' ? modelState.model : null));
  const isRemote = useApp(({ openedChat: { remote } }) => Boolean(remote));
  const transcript = useApp((state) => state.transcript);
  const openedChat = useApp((state) => state.openedChat);
  const composerText = useApp((state) => state.composerText);
  const composerAttachments = useApp((state) => state.composerAttachments);
  const prompt = useMemo(
    () => presentPrompt({ openedChat, transcript, composerText, composerAttachments }),
    [openedChat, transcript, composerText, composerAttachments],
  );
  const [rendered, setRendered] = useState<RenderedChat | Error | null>(null);
  const [withIds, setWithIds] = useState(false);
  const [all, setAll] = useState(false);

  useEffect(() => {
    if (!model || isRemote) return;
    let current = true;
    model.renderChat(prompt).then(
      (result) => current && setRendered(result),
      (error: Error) => current && setRendered(error),
    );
    return () => {
      current = false;
    };
  }, [model, isRemote, prompt]);

  if (isRemote) return <p>{strings.inspectorRemote}</p>;
  if (!model) return <p>{strings.inspectorNeedsModel}</p>;
  if (!rendered) return <p>{strings.inspectorWorking}</p>;
  if (rendered instanceof Error) return <p role="alert">{rendered.message}</p>;
  const { text, tokenIds, tokenTexts } = rendered;
  const shown = all ? tokenTexts : tokenTexts.slice(0, SHOWN_TOKENS);
  return (
    <div className="inspector">
      <div className="row">
        <p>{strings.inspectorLead({ tokens: tokenIds.length })}</p>
        <CopyButton text={() => text} name={strings.copyPrompt} />
      </div>
      <label className="check">
        <input type="checkbox" checked={withIds} onChange={(event) => setWithIds(event.target.checked)} />
        {strings.inspectorTokenIds}
      </label>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it */}
      <pre className="tokens" tabIndex={0} dir="auto">
        {shown.map((token, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- tokens of one prompt never move
          <span key={index} className="token" title={String(tokenIds[index])}>
            {visible(token)}
            {withIds && <sub>{tokenIds[index]}</sub>}
          </span>
        ))}
      </pre>
      {shown.length < tokenTexts.length && (
        <button type="button" className="edged-button" onClick={() => setAll(true)}>
          {strings.showAllTokens({ tokens: tokenTexts.length })}
        </button>
      )}
    </div>
  );
}

/** A line break is seen as such before it breaks the line. */
function visible(token: string): string {
  return token.replaceAll('\n', '↵\n');
}
