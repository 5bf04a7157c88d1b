/** The shelf of models: what is here and what can be had, and what all of it takes on this machine. */
import { useEffect, useState } from 'react';
import { findModel } from '../../catalog/catalog';
import type { ModelReport } from '../../client';
import { useApp } from '../state/use-app';
import { Page } from '../ui/page';
import { ServersSection } from '../servers/servers-section';
import { ProblemWords } from '../ui/problem-words';
import { AddModel } from './add-model';
import { ModelCard } from './model-card';
import { ShelfStatus } from './shelf-status';
import { SpeedLine } from './speed-line';
import { StorageSection } from './storage-section';
import { strings } from './strings';
import './models.css';

export default function ModelsScreen() {
  const openShelf = useApp((state) => state.openShelf);
  useEffect(() => void openShelf(), [openShelf]);
  return (
    <Page title={strings.title} lead={strings.lead}>
      <AddModel />
      <Shelf />
      <ServersSection />
      <StorageSection />
      <ShelfStatus />
    </Page>
  );
}

function Shelf() {
  const reports = useApp((state) => state.modelReports);
  const problem = useApp((state) => state.shelfProblem);
  const openShelf = useApp((state) => state.openShelf);
  return (
    <>
      {problem && (
        <div className="problem" role="alert">
          <p>{strings.cannotRead}</p>
          <ProblemWords problem={problem} />
          <button type="button" className="main-button" onClick={() => void openShelf()}>
            {strings.tryAgain}
          </button>
        </div>
      )}
      {!reports && !problem && <p className="aside">{strings.reading}</p>}
      {reports && <SpeedLine />}
      {reports && <Cards reports={reports} />}
    </>
  );
}

/** What was near when one came here stands first; cards keep their places while one looks at them. */
function Cards({ reports }: { readonly reports: readonly ModelReport[] }) {
  const [first] = useState(() => new Set(reports.filter(isNear).map(({ modelId }) => modelId)));
  const rank = ({ modelId }: ModelReport) => (first.has(modelId) ? 0 : findModel(modelId) ? 2 : 1);
  return (
    <ul className="shelf" aria-label={strings.shelf}>
      {[...reports]
        .sort((a, b) => rank(a) - rank(b))
        .map((report) => (
          <ModelCard key={report.modelId} report={report} />
        ))}
    </ul>
  );
}

/** Here, or on its way here, or this site's own. */
function isNear({ modelId, state, fetching }: ModelReport): boolean {
  return state !== 'absent' || fetching || findModel(modelId)?.path !== undefined;
}
