/** The way to Hearth itself, where models are kept once for all. */
import { strings } from './strings';

export function OwnTab() {
  return (
    <a href={import.meta.env.BASE_URL} target="_blank" rel="noreferrer">
      {strings.openHearth}
    </a>
  );
}
