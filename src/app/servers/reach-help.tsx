/** What a server that does not let the page in has to be told, for those that are usual. */
import { strings } from './strings';

export function ReachHelp() {
  const { origin } = location;
  return (
    <details className="reach">
      <summary>{strings.reach}</summary>
      <p>
        {strings.reachLead({ origin })} {strings.reachLocal}
      </p>
      <dl className="reach-list">
        <div>
          <dt>Ollama</dt>
          <dd>
            <code>OLLAMA_ORIGINS={origin} ollama serve</code>
          </dd>
        </div>
        <div>
          <dt>LM Studio</dt>
          <dd>
            <code>lms server start --cors</code>
            <br />
            {strings.reachLmStudio}
          </dd>
        </div>
        <div>
          <dt>vLLM</dt>
          <dd>
            <code>vllm serve … --allowed-origins &apos;[&quot;{origin}&quot;]&apos; --api-key …</code>
          </dd>
        </div>
        <div>
          <dt>llama.cpp</dt>
          <dd>
            <code>llama-server --port 8080 --api-key …</code>
            <br />
            {strings.reachLlamaCpp}
          </dd>
        </div>
      </dl>
    </details>
  );
}
