/** The settings of the whole page, each a sentence with its choices. */
import { SPECULATION, version } from '../../client';
import { isAppleKeyboard } from '../commands/chord';
import { addressOf } from '../navigation/screens';
import { useApp } from '../state/use-app';
import { languages, wordsOf } from '../strings';
import { settings as english } from '../strings/en/settings';
import { Page, Section } from '../ui/page';
import { AllowedSitesSection } from './allowed-sites-section';
import { CheckField, ChoiceField, SelectField } from './fields';
import { HubFields } from './hub-fields';
import { KeptHere } from './kept-here';
import { PasteField } from './paste-field';
import { Presets } from './presets';
import { contextPolicies, sendKeys, textSizes, themes, type Settings } from './settings';

const strings = wordsOf('settings', english);

export default function SettingsScreen() {
  const openOverlay = useApp((state) => state.openOverlay);
  const resetSettings = useApp((state) => state.resetSettings);
  return (
    <Page title={strings.title} lead={strings.lead}>
      <Look />
      <Writing />
      <Told />
      <HubFields />
      <AllowedSitesSection />
      <KeptHere />
      <Section title={strings.more}>
        <div className="page-moves">
          <button type="button" className="edged-button" onClick={() => openOverlay('keys')}>
            {strings.keyboard}
          </button>
          <a className="edged-button" href={addressOf('diagnostics')}>
            {strings.diagnostics}
          </a>
        </div>
        <p className="help">{strings.diagnosticsHelp}</p>
        <div className="page-moves">
          <button type="button" className="quiet-button" onClick={resetSettings}>
            {strings.reset}
          </button>
        </div>
        <p className="help">{strings.version({ version })}</p>
      </Section>
    </Page>
  );
}

function useSetting<Name extends keyof Settings>(name: Name) {
  const value = useApp(({ settings }) => settings[name]);
  const changeSettings = useApp((state) => state.changeSettings);
  return [value, (changed: Settings[Name]) => changeSettings({ [name]: changed })] as const;
}

function Look() {
  const [theme, setTheme] = useSetting('theme');
  const [textSize, setTextSize] = useSetting('textSize');
  const [reduceMotion, setReduceMotion] = useSetting('reduceMotion');
  const [language, setLanguage] = useSetting('language');
  const names = { browser: strings.languageBrowser, ...languages };
  return (
    <Section title={strings.look}>
      <ChoiceField
        label={strings.theme}
        value={theme}
        choices={themes.map((value) => ({ value, name: strings.themes[value] }))}
        onChange={setTheme}
      />
      <ChoiceField
        label={strings.textSize}
        value={textSize}
        choices={textSizes.map((value) => ({ value, name: strings.textSizes[value] }))}
        onChange={setTextSize}
      />
      <CheckField
        label={strings.reduceMotion}
        help={strings.reduceMotionHelp}
        checked={reduceMotion}
        onChange={setReduceMotion}
      />
      <SelectField
        id="setting-language"
        label={strings.language}
        value={language}
        choices={(Object.keys(names) as (keyof typeof names)[]).map((value) => ({ value, name: names[value] }))}
        onChange={setLanguage}
      />
    </Section>
  );
}

function Writing() {
  const [sendKey, setSendKey] = useSetting('sendKey');
  const [showStatistics, setShowStatistics] = useSetting('showStatistics');
  const [colourDrafted, setColourDrafted] = useSetting('colourDrafted');
  const modifier = isAppleKeyboard() ? '⌘' : strings.control;
  const names = { enter: strings.sendKeys.enter, 'ctrl-enter': strings.sendKeys.ctrlEnter({ modifier }) };
  return (
    <Section title={strings.writing}>
      <ChoiceField
        label={strings.sendKey}
        help={strings.sendKeyHelp}
        value={sendKey}
        choices={sendKeys.map((value) => ({ value, name: names[value] }))}
        onChange={setSendKey}
      />
      <PasteField />
      <CheckField label={strings.showStatistics} checked={showStatistics} onChange={setShowStatistics} />
      {SPECULATION && (
        <CheckField
          label={strings.colourDrafted}
          help={strings.colourDraftedHelp}
          checked={colourDrafted}
          onChange={setColourDrafted}
        />
      )}
    </Section>
  );
}

function Told() {
  const [systemPrompt, setSystemPrompt] = useSetting('systemPrompt');
  const [contextPolicy, setContextPolicy] = useSetting('contextPolicy');
  const policies = { stop: strings.contextPolicies.stop, 'drop-oldest': strings.contextPolicies.dropOldest };
  return (
    <Section title={strings.model}>
      <div className="field">
        <label htmlFor="setting-system-prompt">{strings.systemPrompt}</label>
        <textarea
          id="setting-system-prompt"
          rows={3}
          dir="auto"
          value={systemPrompt}
          aria-describedby="setting-system-prompt-help"
          onChange={(event) => setSystemPrompt(event.target.value)}
        />
        <p className="help" id="setting-system-prompt-help">
          {strings.systemPromptHelp}
        </p>
      </div>
      <ChoiceField
        label={strings.contextPolicy}
        help={strings.contextPolicyHelp}
        value={contextPolicy}
        choices={contextPolicies.map((value) => ({ value, name: policies[value] }))}
        onChange={setContextPolicy}
      />
      <Presets />
    </Section>
  );
}
