/** All that is known of a model: what it is, what it takes, where it came from, and the checksums of its files. */
import type { ReactNode } from 'react';
import { findModel, sentencesOf } from '../../catalog/catalog';
import type { ModelReport } from '../../client';
import { formatBytes } from '../format';
import { useApp } from '../state/use-app';
import { locale } from '../strings';
import { Dialog } from '../ui/dialog';
import { needOf } from './fit';
import { useContextLength } from './model-facts';
import { useLabels } from './use-labels';
import type { Row } from './row';
import { strings } from './strings';

interface DetailsDialogProps {
  readonly report: ModelReport;
  readonly row: Row;
  readonly onClose: () => void;
}

export function DetailsDialog({ report, row, onClose }: DetailsDialogProps) {
  const { modelId, source, weightBytes, parameterCount, contexts } = report;
  const labelOf = useLabels();
  const device = useApp((state) => state.device);
  const entry = findModel(modelId);
  const need = needOf(report, useContextLength(report));
  const longest = contexts.at(-1)?.contextLength;
  const runsOn = row.loaded?.device ?? device;
  const millions = parameterCount / 1e6;
  return (
    <Dialog title={strings.detailsTitle({ model: labelOf(modelId) })} onClose={onClose}>
      {entry && <p>{sentencesOf(entry, locale()).caution}</p>}
      <dl className="details">
        {parameterCount > 0 && (
          <Detail name={strings.detail.parameters}>
            {strings.million({ count: millions.toLocaleString(locale(), { maximumFractionDigits: 1 }) })}
          </Detail>
        )}
        {weightBytes > 0 && <Detail name={strings.detail.weights}>{formatBytes(weightBytes)}</Detail>}
        {need && <Detail name={strings.detail.room}>{formatBytes(need.bytes - weightBytes)}</Detail>}
        {longest !== undefined && <Detail name={strings.detail.longest}>{strings.tokens({ tokens: longest })}</Detail>}
        {runsOn && <Detail name={strings.detail.runsOn}>{runsOn.adapter}</Detail>}
        {source && <Detail name={strings.detail.from}>{source.url}</Detail>}
        {source && (
          <Detail name={strings.detail.since}>
            {new Intl.DateTimeFormat(locale(), { dateStyle: 'long', timeStyle: 'short' }).format(
              new Date(source.createdAt),
            )}
          </Detail>
        )}
        {source && source.files.length > 0 && (
          <Detail name={strings.detail.files}>
            <ul className="files">
              {source.files.map(({ path, bytes, sha256 }) => (
                <li key={path}>
                  <span>
                    {path}, {formatBytes(bytes)}
                  </span>
                  <code>
                    {strings.detail.checksum} {sha256}
                  </code>
                </li>
              ))}
            </ul>
          </Detail>
        )}
      </dl>
      <div className="dialog-moves">
        <button type="button" className="edged-button" onClick={onClose}>
          {strings.close}
        </button>
      </div>
    </Dialog>
  );
}

function Detail({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
