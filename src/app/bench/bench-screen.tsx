/** What this device can do, and how near models of real shapes come to it. */
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { hearth } from '../../client';
import { placesHere } from '../chats/erase';
import { formatBytes } from '../format';
import { CheckField, ChoiceField } from '../settings/fields';
import { useApp } from '../state/use-app';
import { Page, Section } from '../ui/page';
import { ProblemWords } from '../ui/problem-words';
import { createBenchRun, DEPTHS, type BenchRun, type Depth } from './bench-run';
import { ResultSection } from './result-section';
import { strings } from './strings';
import './bench.css';

const store = createBenchRun({ benchmark: hearth.benchmark, storage: placesHere().settings });
const useBench = <Part,>(select: (state: BenchRun) => Part): Part => useStore(store, select);

export default function BenchScreen() {
  const open = useBench((state) => state.open);
  const result = useBench((state) => state.result);
  const problem = useBench((state) => state.problem);
  useEffect(() => void open(), [open]);
  return (
    <Page title={strings.title} lead={strings.lead}>
      <Section title={strings.choose}>
        <Choices />
        <Moves />
        {problem && (
          <div role="alert">
            <ProblemWords problem={problem} />
          </div>
        )}
      </Section>
      {result && <ResultSection result={result} />}
    </Page>
  );
}

function Choices() {
  const offer = useBench((state) => state.offer);
  const chosen = useBench((state) => state.chosen);
  const choose = useBench((state) => state.choose);
  const depth = useBench((state) => state.depth);
  const setDepth = useBench((state) => state.setDepth);
  const tuned = useBench((state) => state.tuned);
  const setTuned = useBench((state) => state.setTuned);
  if (!offer) return <p>{strings.looking}</p>;
  const { device, shapes } = offer;
  if (device.kind === 'cpu') return <p>{strings.noDevice}</p>;
  const isSlow = device.adapter.includes('swiftshader');
  return (
    <>
      <p>{(isSlow ? strings.softwareDevice : strings.device)({ adapter: device.adapter })}</p>
      <fieldset className="field" aria-describedby="bench-shapes-help">
        <legend>{strings.shapes}</legend>
        <div className="bench-shapes">
          {shapes.map(({ name, weightBytes }) => (
            <CheckField
              key={name}
              label={strings.shape({ name, size: formatBytes(weightBytes) })}
              checked={chosen.includes(name)}
              onChange={(isChosen) => choose(name, isChosen)}
            />
          ))}
        </div>
        <p className="help" id="bench-shapes-help">
          {strings.shapesHelp}
        </p>
      </fieldset>
      <ChoiceField
        label={strings.depth}
        help={strings.depthHelp[depth]}
        value={depth}
        choices={(Object.keys(DEPTHS) as Depth[]).map((value) => ({ value, name: strings.depths[value] }))}
        onChange={setDepth}
      />
      <CheckField label={strings.tune} help={strings.tuneHelp} checked={tuned} onChange={setTuned} />
    </>
  );
}

/** The button is always the same element, so that the focus stays where it is while the run goes on. */
function Moves() {
  const offer = useBench((state) => state.offer);
  const chosen = useBench((state) => state.chosen);
  const progress = useBench((state) => state.progress);
  const run = useBench((state) => state.run);
  const stop = useBench((state) => state.stop);
  const loadedModels = useApp((state) => state.loadedModels);
  const unloadModel = useApp((state) => state.unloadModel);
  const cancelLoad = useApp((state) => state.cancelLoad);
  const canRun = offer?.device.kind === 'webgpu' && chosen.length > 0;
  const makeRoom = async () => {
    cancelLoad();
    await Promise.all([...loadedModels.keys()].map(unloadModel));
  };
  return (
    <>
      <div className="page-moves">
        <button
          type="button"
          className={progress ? 'edged-button' : 'main-button'}
          aria-disabled={!progress && !canRun}
          onClick={() => (progress ? stop() : canRun && void run(makeRoom))}
        >
          {progress ? strings.stop : strings.run}
        </button>
      </div>
      {progress && (
        <div className="bench-progress">
          {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
          <p role="status">
            {progress.shape === null ? strings.ceilingsNow : strings.shapeNow({ shape: progress.shape })}
          </p>
          <progress aria-label={strings.progress} value={progress.share} max={1} />
        </div>
      )}
      <p className="help">{progress ? strings.stayHere : strings.modelsLeave}</p>
    </>
  );
}
