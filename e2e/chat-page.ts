/** The chat page as a person meets it: by the names that assistive technology reads. */
import type { Page } from '@playwright/test';

export const dogPrompt = 'Tell me a story about a dog.';

export class ChatPage {
  readonly message;
  readonly send;
  readonly stop;
  readonly newChat;
  readonly regenerate;
  readonly conversation;
  readonly statistics;
  /** The polite status that says when an answer has ended. */
  readonly announcer;
  readonly alert;

  constructor(readonly page: Page) {
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    this.message = page.getByRole('textbox', { name: 'Message' });
    this.send = button('Send');
    this.stop = button('Stop');
    this.newChat = button('New chat');
    this.regenerate = button('Regenerate');
    this.conversation = page.getByRole('log', { name: 'Conversation' });
    this.statistics = page.getByRole('status', { name: 'Generation statistics' });
    this.announcer = page.getByRole('status', { name: 'Answer progress' });
    this.alert = page.getByRole('alert');
  }

  /** The messages of one author, oldest first. */
  messagesOf(author: string) {
    return this.conversation.getByRole('article', { name: author, exact: true });
  }

  async ask(text: string): Promise<void> {
    await this.message.fill(text);
    await this.send.click();
  }

  /** Waits for the first words of the last answer; on a first visit the model comes before them. */
  async begun(author: string): Promise<void> {
    await this.messagesOf(author)
      .last()
      .filter({ hasText: /\w+ \w+ \w+/ })
      .waitFor();
  }

  /** Waits until the answer under way has ended. */
  async answered(): Promise<void> {
    await this.announcer.filter({ hasText: /has (finished|stopped|reached)/ }).waitFor({ state: 'attached' });
  }

  /** How often the answer's text has changed until now, counted from the call of this. */
  async countGrowth(author: string): Promise<() => Promise<number>> {
    await this.conversation.evaluate((log, name) => {
      const seen = new Set<string>();
      const observer = new MutationObserver(() => {
        seen.add(log.querySelector(`article[aria-label="${name}"]:last-of-type`)?.textContent ?? '');
        log.setAttribute('data-growth', String(seen.size));
      });
      observer.observe(log, { subtree: true, childList: true, characterData: true });
    }, author);
    return async () => Number(await this.conversation.getAttribute('data-growth'));
  }
}
