/** What stands in the way: what was found and expected, what to do, and a button that does it. */
import { use } from 'react';
import { defaultModelId, findModel } from '../../catalog/catalog';
import { present } from '../../lib/invariant';
import { nextMove } from '../state/next-move';
import { StoreContext, useApp } from '../state/use-app';
import { ProblemWords } from '../ui/problem-words';
import { strings } from './strings';

export function Problem() {
  const isRemote = useApp(({ openedChat: { remote } }) => Boolean(remote));
  // What keeps this device's model away is no matter where a server answers.
  const problem = useApp((state) => (isRemote ? state.answerProblem : state.problem));
  const store = present(use(StoreContext), 'the store');
  if (!problem) return null;
  const { kind } = nextMove(store.getState(), problem);
  const host = store.getState().hostToAllow();
  return (
    <div className="problem" role="alert">
      <ProblemWords problem={problem} isServers={isRemote} />
      <button type="button" className="main-button" onClick={() => nextMove(store.getState(), problem).run()}>
        {kind === 'useDefaultModel'
          ? strings.moves.otherModel({ model: findModel(defaultModelId)?.label ?? defaultModelId })
          : kind === 'allowHost'
            ? strings.moves.allowHost({ host: host === null ? '' : new URL(host).host })
            : strings.moves[kind]}
      </button>
    </div>
  );
}
