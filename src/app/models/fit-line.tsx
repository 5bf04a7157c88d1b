/** Whether a model fits this machine, and what becomes of those that are loaded, in sentences. */
import type { ModelReport } from '../../client';
import { formatBytes } from '../format';
import { useApp } from '../state/use-app';
import { GoodIcon, WarnIcon } from '../ui/icons';
import { fitOf, needOf, type Fit } from './fit';
import { wantedDraft } from './draft';
import { useContextLength } from './model-facts';
import { useLabels } from './use-labels';
import type { Row } from './row';
import { strings } from './strings';

interface FitLineProps {
  readonly report: ModelReport;
  readonly row: Row;
}

export function FitLine({ report, row }: FitLineProps) {
  const device = useApp((state) => state.device);
  const need = needOf(report, useContextLength(report));
  const fit = device && need && fitOf(need, device);
  const sentences = [fit && sayFit(fit), ...useNeighbours(report.modelId, row)].filter(Boolean);
  if (sentences.length === 0) return null;
  return (
    <p className="card-line fit" data-verdict={fit?.verdict}>
      {fit?.verdict === 'fits' ? <GoodIcon /> : <WarnIcon />}
      <span>{sentences.join(' ')}</span>
    </p>
  );
}

/** Whether it fits, in a sentence or two. */
export function sayFit(fit: Fit): string {
  const limit = formatBytes(fit.limitBytes);
  switch (fit.verdict) {
    case 'fits':
      return fit.because === 'processor' ? strings.fits.processor : strings.fits.belowLimit;
    case 'tight':
      return strings.fits.tight({ limit });
    case 'no':
      return fit.because === 'needs-adapter' ? strings.fits.needsAdapter : strings.fits.pieceTooLarge({ limit });
  }
}

/** What loading this one does to the others, and what a newly chosen context or draft asks for; sentences, some empty. */
function useNeighbours(modelId: string, { state, action, loaded }: Row): string[] {
  const labelOf = useLabels();
  const others = useApp(({ loadedModels }) => [...loadedModels.keys()].filter((id) => id !== modelId).join('\n'));
  const leaving = useApp(({ modelsLeavingFor }) => modelsLeavingFor(modelId).join('\n'));
  const context = useApp(({ contextLengths }) => contextLengths[modelId]);
  const draft = useApp(({ settings }) => wantedDraft(settings, modelId));
  if (action === 'loadAgain' && loaded) {
    const { contextLength: tokens, draftModelId } = loaded;
    return [
      (context ?? tokens) !== tokens ? strings.contextChanged({ tokens }) : '',
      draft !== draftModelId ? (draft === null ? strings.draftOff : strings.draftOn({ draft: labelOf(draft) })) : '',
    ];
  }
  if (state !== 'here' && state !== 'inMemory') return [];
  const names = (ids: string) => ids.split('\n').filter(Boolean).map(labelOf).join(', ');
  if (leaving !== '') return [strings.leaving({ models: names(leaving) })];
  return others === '' ? [] : [strings.staying({ models: names(others) })];
}
