/** Who answers this chat, and whom else one could ask: the models of this device, and apart from them those of servers elsewhere. */
import { useLabels } from '../models/use-labels';
import { showScreen } from '../navigation/screens';
import { answererLabel, placeOfServer } from '../state/servers-slice';
import { useApp } from '../state/use-app';
import { Menu, type MenuItem } from './menu';
import { strings } from './strings';

export function ModelPicker() {
  const label = useApp(answererLabel);
  const remote = useApp(({ openedChat }) => openedChat.remote ?? null);
  const modelId = useApp((state) => state.modelId);
  const reports = useApp((state) => state.modelReports);
  const servers = useApp((state) => state.servers);
  const openShelf = useApp((state) => state.openShelf);
  const openServers = useApp((state) => state.openServers);
  const answerHere = useApp((state) => state.answerHere);
  const answerThere = useApp((state) => state.answerThere);
  const labelOf = useLabels();

  function items(): MenuItem[] {
    const stored = (reports ?? []).filter(({ state }) => state === 'stored' || state === 'in-memory');
    const here = new Set([modelId, ...stored.map((report) => report.modelId)]);
    return [
      ...[...here].map((id) => ({
        name: labelOf(id),
        group: strings.onThisDevice,
        isChosen: remote === null && id === modelId,
        run: () => answerHere(id),
      })),
      ...(servers ?? []).flatMap(({ url, models }) =>
        [...new Set(models)].map((model) => ({
          name: model,
          group: strings.onServer({ place: placeOfServer(url) }),
          isChosen: remote?.endpoint === url && remote.model === model,
          run: () => answerThere({ endpoint: url, model }),
        })),
      ),
      { name: strings.modelsAndServers, run: () => showScreen('models') },
    ];
  }

  return (
    <Menu
      name={strings.answererNow({ model: label })}
      icon={<bdi>{label}</bdi>}
      className="picker-button"
      align="start"
      items={items}
      onOpen={() => {
        void openShelf();
        void openServers();
      }}
    />
  );
}
