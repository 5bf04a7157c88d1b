/** All keys there are: those of the commands, and those that mean something only where the focus is. */
import { useApp } from '../state/use-app';
import { wordsOf } from '../strings';
import { commands as english } from '../strings/en/commands';
import { Dialog } from '../ui/dialog';
import { isAppleKeyboard, type Chord } from './chord';
import { commands } from './commands';
import { Keys } from './keys';

const strings = wordsOf('commands', english);

interface Row {
  name: string;
  chord: Chord;
}

export function KeyboardMap() {
  const closeOverlay = useApp((state) => state.closeOverlay);
  const sendKey = useApp(({ settings }) => settings.sendKey);
  const anywhere = commands.flatMap(({ id, chord }) => (chord ? [{ name: strings.names[id], chord }] : []));
  const [send, breakLine]: Chord[] =
    sendKey === 'enter'
      ? [{ key: 'Enter' }, { key: 'Enter', shift: true }]
      : [{ key: 'Enter', mod: true }, { key: 'Enter' }];
  const { local } = strings;
  return (
    <Dialog title={strings.names.keys} onClose={closeOverlay}>
      <Rows title={local.anywhere} rows={anywhere} />
      <Rows
        title={local.composer}
        rows={[
          { name: local.send, chord: send ?? { key: 'Enter' } },
          { name: local.breakLine, chord: breakLine ?? { key: 'Enter' } },
        ]}
      />
      <Rows
        title={local.list}
        rows={[
          { name: local.previousRow, chord: { key: 'ArrowUp' } },
          { name: local.nextRow, chord: { key: 'ArrowDown' } },
          { name: local.renameRow, chord: { key: 'F2' } },
          { name: local.deleteRow, chord: { key: 'Delete' } },
        ]}
      />
      <button
        type="button"
        className="edged-button"
        onClick={(event) => event.currentTarget.closest('dialog')?.close()}
      >
        {strings.close}
      </button>
    </Dialog>
  );
}

function Rows({ title, rows }: { readonly title: string; readonly rows: readonly Row[] }) {
  const isApple = isAppleKeyboard();
  return (
    <section>
      <h3>{title}</h3>
      <dl className="key-rows">
        {rows.map(({ name, chord }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Keys chord={chord} isApple={isApple} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
