/** What this device keeps of another host, as far as anybody is told: its token never is. */
export interface KnownHost {
  /** "https://hub.example" */
  origin: string;
  /** Whether it may be asked for models. */
  isAllowed: boolean;
  hasToken: boolean;
}
