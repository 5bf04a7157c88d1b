/** The precisions a model may be stored in, each with what it takes, how fast it would be, and what is lost. */
import { useId } from 'react';
import type { Inspection, Precision } from '../../client';
import { formatBytes } from '../format';
import { speedOf } from '../state/offer-slice';
import { useApp } from '../state/use-app';
import { saySpeed } from './figures';
import { strings } from './offer-strings';
import { tokensPerSecond } from './speed';

interface ChoiceProps {
  readonly inspection: Inspection;
  readonly chosen: Precision | null;
  readonly contextLength: number;
}

export function PrecisionChoice({ inspection, chosen, contextLength }: ChoiceProps) {
  const choosePrecision = useApp((state) => state.choosePrecision);
  const speed = useApp(speedOf);
  const id = useId();
  return (
    <fieldset className="precisions">
      <legend>{strings.stored}</legend>
      {inspection.choices.map((choice) => {
        const { precision, weightBytes } = choice;
        const kind = kindOf(precision, inspection.keepsTypes);
        const rate = speed && tokensPerSecond({ ...inspection, ...choice }, contextLength, speed);
        const trade = [strings.onDisk({ size: formatBytes(weightBytes) }), rate && saySpeed(rate)];
        return (
          <label key={kind} className="precision">
            <input
              type="radio"
              name={id}
              checked={precision === chosen}
              onChange={() => choosePrecision(precision)}
              aria-describedby={`${id}-${kind}`}
            />
            <span className="precision-name">{strings.precision[kind]}</span>
            <span className="precision-trade">{trade.filter(Boolean).join(' · ')}</span>
            <span id={`${id}-${kind}`} className="precision-loss">
              {strings.loss[kind]}
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}

function kindOf(precision: Precision | null, keepsTypes: boolean): keyof typeof strings.precision {
  if (precision === null) return keepsTypes ? 'asItIs' : 'int4';
  return precision === 'int4' || precision === 'int8' ? precision : 'half';
}
