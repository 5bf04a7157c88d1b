/** What the catalogue knows of a model that is not here, in one line; the rest is looked up when somebody wants it. */
import { licenceName, type CatalogModel } from '../../catalog/catalog';
import type { ModelReport } from '../../client';
import { formatBytes } from '../format';
import { speedOf } from '../state/offer-slice';
import { useApp } from '../state/use-app';
import { sayCount, saySpeed } from './figures';
import { useContextLength } from './model-facts';
import { strings } from './offer-strings';
import { tokensPerSecond } from './speed';
import { strings as shelfStrings } from './strings';

interface BriefProps {
  readonly report: ModelReport;
  readonly entry: CatalogModel;
}

export function BriefFacts({ report, entry }: BriefProps) {
  const speed = useApp(speedOf);
  const contextLength = useContextLength(report);
  const rate = speed && tokensPerSecond(report, contextLength, speed);
  const size = shelfStrings.about({ size: formatBytes(entry.downloadBytes) });
  return (
    <p className="card-line">
      {[
        strings.parameters({ count: sayCount(entry.parameterCount) }),
        strings.download({ size }),
        licenceName(entry),
        rate && saySpeed(rate),
      ]
        .filter(Boolean)
        .join(' · ')}
    </p>
  );
}
