/** A combination of keys, drawn as keys. */
import { wordsOf } from '../strings';
import { commands as english } from '../strings/en/commands';
import { keyNames, type Chord } from './chord';

const strings = wordsOf('commands', english);

export function Keys({ chord, isApple }: { readonly chord: Chord; readonly isApple: boolean }) {
  return (
    <span className="keys">
      {keyNames(chord, isApple, strings.keyNames).map((name) => (
        <kbd key={name}>{name}</kbd>
      ))}
    </span>
  );
}
