/** One line about who answers this chat: a server elsewhere, which is never left unsaid, or what there is to say of this device's model. */
import { useEffect } from 'react';
import type { RemoteChoice } from '../chats/types';
import { ModelLine } from '../models/model-line';
import { isOwnMachine } from '../servers/address';
import { modelLabel } from '../state/model-slice';
import { hostOfServer } from '../state/servers-slice';
import { useApp } from '../state/use-app';
import { strings } from './strings';

export function AnswererLine() {
  const remote = useApp(({ openedChat }) => openedChat.remote);
  return remote ? <RemoteLine choice={remote} /> : <ModelLine />;
}

function RemoteLine({ choice: { endpoint } }: { readonly choice: RemoteChoice }) {
  const label = useApp(modelLabel);
  const servers = useApp((state) => state.servers);
  const isOnline = useApp((state) => state.isOnline);
  const openServers = useApp((state) => state.openServers);
  const answerHere = useApp((state) => state.answerHere);
  useEffect(() => void openServers(), [openServers]);
  const host = hostOfServer(endpoint);
  const isGone = servers !== null && !servers.some(({ url }) => url === endpoint);
  const isOwn = isOwnMachine(new URL(endpoint).hostname);
  const words = isGone
    ? strings.serverGone
    : isOwn
      ? strings.goesToOwn
      : isOnline
        ? strings.goesTo
        : strings.goesToOffline;
  return (
    <div className="model-line remote-line">
      <p>{words({ host })}</p>
      <button type="button" className="quiet-button" onClick={() => answerHere()}>
        {strings.answerWith({ model: label })}
      </button>
    </div>
  );
}
