/** A host asks the model: who does, and the way to end it. */
import { findModel } from '../../catalog/catalog';
import { strings } from './strings';
import type { View } from './view';

export function UsePanel({ origin, model, onRevoke }: View & { kind: 'use' }) {
  return (
    <main className="panel">
      <p>{strings.inUse({ host: new URL(origin).host, model: findModel(model)?.label ?? model })}</p>
      <div className="moves">
        <button type="button" className="edged-button" onClick={onRevoke}>
          {strings.revoke}
        </button>
      </div>
    </main>
  );
}
