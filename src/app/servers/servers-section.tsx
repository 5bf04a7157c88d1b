/** The servers that a person has entered, where one more is entered, and in plain words what goes there. */
import { useEffect } from 'react';
import { useApp } from '../state/use-app';
import { Section } from '../ui/page';
import { ProblemWords } from '../ui/problem-words';
import { AddServer } from './add-server';
import { ServerCard } from './server-card';
import { strings } from './strings';
import './servers.css';

export function ServersSection() {
  const servers = useApp((state) => state.servers);
  const problem = useApp((state) => state.serversProblem);
  const openServers = useApp((state) => state.openServers);
  useEffect(() => void openServers(), [openServers]);
  return (
    <Section title={strings.title}>
      <p>{strings.lead}</p>
      <p className="aside">{strings.leaves}</p>
      {problem && (
        <div className="problem" role="alert">
          <ProblemWords problem={problem} />
        </div>
      )}
      {servers && servers.length > 0 && (
        <ul className="shelf" aria-label={strings.list}>
          {servers.map((server) => (
            <ServerCard key={server.url} server={server} />
          ))}
        </ul>
      )}
      <AddServer />
    </Section>
  );
}
