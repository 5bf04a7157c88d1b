/** Why nothing runs in this frame, and what to do. */
import { OwnTab } from './own-tab';
import { strings } from './strings';
import type { View } from './view';

export function TroublePanel({ view }: { readonly view: View & { kind: 'trouble' } }) {
  const host = 'origin' in view ? new URL(view.origin).host : '';
  const { what, next } = strings.trouble[view.trouble];
  return (
    <main className="panel">
      <p className="panel-lead">{what}</p>
      <p>{typeof next === 'string' ? next : next({ host })}</p>
      {'error' in view && (
        <p className="help" lang="en">
          {view.error.message} {view.error.hint}
        </p>
      )}
      <p className="help">
        <OwnTab />
      </p>
    </main>
  );
}
