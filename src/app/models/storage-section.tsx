/** What this page keeps on the machine, told by kinds, and whether the browser promises to keep it. */
import { useEffect } from 'react';
import { formatBytes } from '../format';
import type { Keeping, StorageUse } from '../state/storage-slice';
import { useApp } from '../state/use-app';
import { Section } from '../ui/page';
import { strings } from './strings';

export function StorageSection() {
  const use = useApp((state) => state.storageUse);
  const measureStorage = useApp((state) => state.measureStorage);
  useEffect(() => void measureStorage(), [measureStorage]);
  return (
    <Section title={strings.storage}>
      <p className="aside">{strings.storageLead}</p>
      {use && (
        <dl className="storage">
          {partsOf(use).map(([name, bytes]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{formatBytes(bytes)}</dd>
            </div>
          ))}
        </dl>
      )}
      {use?.totalBytes === null && <p>{strings.storageUnknown}</p>}
      <KeepData />
    </Section>
  );
}

function partsOf({ modelBytes, chatBytes, shellBytes, totalBytes }: StorageUse): [string, number][] {
  const parts: [string, number][] = [[strings.storageModels, modelBytes]];
  if (chatBytes !== null) parts.push([strings.storageChats, chatBytes]);
  if (shellBytes !== null) parts.push([strings.storageShell, shellBytes]);
  if (chatBytes === null && totalBytes !== null)
    parts.push([strings.storageRest, Math.max(0, totalBytes - modelBytes)]);
  if (totalBytes !== null) parts.push([strings.storageTotal, parts.reduce((sum, [, bytes]) => sum + bytes, 0)]);
  return parts;
}

const explanations: Record<Keeping, () => string> = {
  kept: () => strings.keeping.kept,
  'best-effort': () => strings.keeping.bestEffort,
  refused: () => strings.keeping.refused,
  unknown: () => strings.keeping.unknown,
};

/** The promise, and the way to ask for it. The words change under the button, so they are a status. */
export function KeepData() {
  const keeping = useApp((state) => state.keeping);
  const keepData = useApp((state) => state.keepData);
  return (
    <div className="keep-data">
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <p role="status">{explanations[keeping]()}</p>
      {(keeping === 'best-effort' || keeping === 'refused') && (
        <button type="button" className="edged-button" onClick={() => void keepData()}>
          {strings.keepData}
        </button>
      )}
    </div>
  );
}
