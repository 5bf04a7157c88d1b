/** Prompts from a file, a template, a run, a table that fills, and the answers out again. */
import { useEffect } from 'react';
import { ModelLine } from '../models/model-line';
import { useApp } from '../state/use-app';
import { Page } from '../ui/page';
import { BatchStatus } from './batch-status';
import { ComparisonSection } from './comparison-section';
import { PromptsSection } from './prompts-section';
import { ResultsTable } from './results-table';
import { RunSection } from './run-section';
import { strings } from './strings';
import { TemplateSection } from './template-section';
import './batch.css';

export default function BatchScreen() {
  const openBatch = useApp((state) => state.openBatch);
  const opened = useApp((state) => state.batchOpened);
  const batch = useApp((state) => state.batch);
  useEffect(() => void openBatch(), [openBatch]);
  return (
    <Page title={strings.title} lead={strings.lead} isWide>
      {opened ? (
        <>
          <Notices />
          <PromptsSection />
          {batch && (
            <>
              <TemplateSection batch={batch} />
              <RunSection batch={batch} />
              <ResultsTable batch={batch} />
              <ComparisonSection />
            </>
          )}
        </>
      ) : (
        <p className="aside">{strings.opening}</p>
      )}
      <BatchStatus />
    </Page>
  );
}

/** What concerns the whole page: the model, the other tab, the browser that stores nothing. */
function Notices() {
  const isElsewhere = useApp((state) => state.batchElsewhere);
  const isUnstored = useApp((state) => state.batchUnstored);
  return (
    <div className="batch-notices">
      <ModelLine />
      {isElsewhere && <p className="notice">{strings.elsewhere}</p>}
      {isUnstored && (
        <p className="notice" role="alert">
          {strings.unstored}
        </p>
      )}
    </div>
  );
}
