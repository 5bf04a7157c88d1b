/** One server: its models, each a way to a new chat, and what came of asking it. */
import { useId, useState } from 'react';
import type { RemoteEndpoint } from '../../client';
import { showScreen } from '../navigation/screens';
import { hostOfServer } from '../state/servers-slice';
import { useApp } from '../state/use-app';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { ProblemWords } from '../ui/problem-words';
import { ReachHelp } from './reach-help';
import { strings } from './strings';

/** A server may have hundreds; the rest is in the chat's own list. */
const SHOWN_MODELS = 12;

export function ServerCard({ server }: { readonly server: RemoteEndpoint }) {
  const { url, hasKey, models } = server;
  const host = hostOfServer(url);
  const check = useApp(({ serverChecks }) => serverChecks.get(url));
  const askServer = useApp((state) => state.askServer);
  const [isRemoving, setRemoving] = useState(false);
  const nameId = useId();
  return (
    <li className="card server-card" data-state={models.length > 0 ? 'here' : 'absent'} aria-labelledby={nameId}>
      <div className="card-head">
        <h4 id={nameId} className="card-name">
          <bdi>{host}</bdi>
        </h4>
        {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
        <p className="card-state" role="status">
          {check?.kind === 'asking' ? strings.asking : strings.models({ models: models.length })} ·{' '}
          {hasKey ? strings.withKey : strings.withoutKey}
        </p>
        <p className="card-purpose server-url">{url}</p>
        <div className="card-actions">
          <button
            type="button"
            className="edged-button"
            aria-label={strings.askServer({ host })}
            aria-disabled={check?.kind === 'asking'}
            onClick={() => void askServer(url)}
          >
            {strings.ask}
          </button>
          <button
            type="button"
            className="quiet-button"
            aria-label={strings.removeServer({ host })}
            onClick={() => setRemoving(true)}
          >
            {strings.remove}
          </button>
        </div>
      </div>
      {check?.kind === 'failed' && (
        <div className="problem" role="alert">
          <ProblemWords problem={check.error} isServers />
          {check.error.code === 'network' && <ReachHelp />}
        </div>
      )}
      {models.length > 0 && <ServerModels url={url} host={host} models={models} />}
      {isRemoving && <RemoveDialog url={url} host={host} onClose={() => setRemoving(false)} />}
    </li>
  );
}

interface ServerProps {
  readonly url: string;
  readonly host: string;
}

function ServerModels({ url, host, models }: ServerProps & { readonly models: readonly string[] }) {
  const newChat = useApp((state) => state.newChat);
  const answerThere = useApp((state) => state.answerThere);

  async function chatWith(model: string): Promise<void> {
    await newChat();
    answerThere({ endpoint: url, model });
    showScreen('chat');
  }

  return (
    <>
      <ul className="server-models" aria-label={strings.modelsOf({ host })}>
        {models.slice(0, SHOWN_MODELS).map((model) => (
          <li key={model}>
            <bdi>{model}</bdi>
            <button
              type="button"
              className="quiet-button"
              aria-label={strings.newChatWith({ model, host })}
              onClick={() => void chatWith(model)}
            >
              {strings.newChat}
            </button>
          </li>
        ))}
      </ul>
      {models.length > SHOWN_MODELS && (
        <p className="card-line">{strings.moreModels({ models: models.length - SHOWN_MODELS })}</p>
      )}
    </>
  );
}

function RemoveDialog({ url, host, onClose }: ServerProps & { readonly onClose: () => void }) {
  const removeServer = useApp((state) => state.removeServer);
  return (
    <ConfirmDialog
      title={strings.removeTitle({ host })}
      keep={strings.keep}
      action={strings.remove}
      onConfirm={() => void removeServer(url)}
      onClose={onClose}
    >
      {strings.removeExplained}
    </ConfirmDialog>
  );
}
