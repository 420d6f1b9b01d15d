package dev.nearside.proxy.config;

/**
 * Reads configurations: defaults, then the file, the environment and the flags, each over the one
 * before. Immutable; called before anything else is started, and again to reload.
 */
public final class ConfigurationLoader {
  private final NamespaceChecks checks;
  private final TlsChecks tlsChecks;

  /**
   * @param checks what is asked about key patterns and queries
   * @param tlsChecks what is asked about certificates and keys
   */
  public ConfigurationLoader(NamespaceChecks checks, TlsChecks tlsChecks) {
    this.checks = checks;
    this.tlsChecks = tlsChecks;
  }

  /**
   * Returns the configuration, complete and free of contradictions. Reads the file and the files of
   * passwords, and so blocks.
   *
   * @throws ConfigurationException with everything that is wrong with it
   */
  public LoadedConfiguration load(ConfigurationSources sources) throws ConfigurationException {
    Problems problems = new Problems();
    Settings settings = new Settings(problems);
    if (sources.file() != null) {
      FileSource.read(sources.file(), settings, problems);
    }
    EnvironmentSource.read(sources.environment(), settings, problems);
    FlagSource.read(sources.flags(), settings, problems);
    NearsideConfig config = new ConfigurationAssembly(settings, problems, tlsChecks).assemble();
    new Contradictions(config, settings, problems).report();
    new NamespaceContradictions(config, settings, problems, checks).report();
    new QueryContradictions(config, settings, problems, checks).report();
    problems.throwIfAny();
    return new LoadedConfiguration(config, settings.origins());
  }
}
