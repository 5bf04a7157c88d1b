/** The figures, one to a line. */
import type { ReactNode } from 'react';
import { formatBytes } from '../format';
import { useApp } from '../state/use-app';
import { locale, wordsOf } from '../strings';
import { diagnostics as english } from '../strings/en/diagnostics';
import type { DiagnosticsReport } from './report';

const strings = wordsOf('diagnostics', english);

export function Facts({ report }: { readonly report: DiagnosticsReport }) {
  const model = useApp(({ modelState }) => (modelState.kind === 'ready' ? modelState.model.label : null));
  const { fact } = strings;
  const { device, storage } = report;
  const yesOrNo = (value: boolean) => (value ? fact.yes : fact.no);
  const figure = (value: number) => value.toLocaleString(locale());
  const bytes = (value: number | null) => (value === null ? fact.unknown : formatBytes(value));
  return (
    <dl className="facts">
      <Fact name={fact.version}>{report.version}</Fact>
      <Fact name={fact.browser}>{report.browser}</Fact>
      <Fact name={fact.language}>{report.languages.join(', ')}</Fact>
      <Fact name={fact.model}>{model ?? fact.none}</Fact>
      <Fact name={fact.adapter}>{device?.adapter ?? fact.unknown}</Fact>
      {device?.reason && <Fact name={fact.noAdapterReason}>{device.reason}</Fact>}
      <Fact name={fact.features}>{device?.features.join(', ') || fact.none}</Fact>
      {Object.entries(device?.limits ?? {}).map(([name, limit]) => (
        <Fact key={name} name={name}>
          {figure(limit)}
        </Fact>
      ))}
      <Fact name={fact.processors}>{report.processors === null ? fact.unknown : figure(report.processors)}</Fact>
      <Fact name={fact.memory}>
        {report.memoryGigabytes === null ? fact.unknown : fact.gigabytes({ gigabytes: report.memoryGigabytes })}
      </Fact>
      <Fact name={fact.screen}>
        {figure(report.window.width)} × {figure(report.window.height)}
      </Fact>
      <Fact name={fact.secure}>{yesOrNo(report.secureContext)}</Fact>
      <Fact name={fact.isolated}>{yesOrNo(report.isolated)}</Fact>
      <Fact name={fact.serviceWorker}>{yesOrNo(report.serviceWorker)}</Fact>
      <Fact name={fact.storage}>{bytes(storage.usageBytes)}</Fact>
      {Object.entries(storage.details).map(([place, used]) => (
        <Fact key={place} name={fact.storageDetails({ place })}>
          {bytes(used)}
        </Fact>
      ))}
    </dl>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
