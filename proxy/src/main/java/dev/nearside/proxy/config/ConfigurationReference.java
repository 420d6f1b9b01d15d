package dev.nearside.proxy.config;

import java.util.List;

/** The reference of all keys, as the README has it between its configuration markers. */
public final class ConfigurationReference {
  private static final String HEADER =
      "| Key | Default | Expected | Meaning |\n|---|---|---|---|\n";

  private ConfigurationReference() {}

  /** Returns the reference as Markdown, made from the declarations that the parser uses. */
  public static String referenceMarkdown() {
    StringBuilder markdown = new StringBuilder(HEADER);
    rows(markdown, Keys.ALL);
    markdown
        .append(
            "\nA namespace is a mapping under `namespaces:`, from its name (lower-case letters,")
        .append(" digits and `-`) to:\n\n")
        .append(HEADER);
    rows(markdown, NamespaceKeys.ALL);
    markdown
        .append("\nA cached query is a mapping under `queries:`, from its name (likewise) to:\n\n")
        .append(HEADER);
    rows(markdown, QueryKeys.ALL);
    return markdown
        .append("\nEvery key is also a variable: `l1.max-bytes` is `")
        .append(EnvironmentSource.variable("l1.max-bytes"))
        .append("`; for a namespace of the file, `namespaces.prompt.l1-ttl` is `")
        .append(EnvironmentSource.variable("namespaces.prompt.l1-ttl"))
        .append("`. `")
        .append(EnvironmentSource.LOG_LEVEL)
        .append("` (trace, debug, info, warn, error or off) sets what is logged. Other variables")
        .append(" that begin with `NEARSIDE_` stop the start, except those that Kubernetes makes")
        .append(" for Services (`NEARSIDE_SERVICE_HOST`, `NEARSIDE_PORT_…`).\n")
        .toString();
  }

  private static <R> void rows(StringBuilder markdown, List<Key<R, ?>> keys) {
    for (Key<R, ?> key : keys) {
      markdown
          .append("| `" + key.path() + "` | " + key.fallbackNote() + " | ")
          .append(cell(key.type().expected()) + " | " + cell(key.documentation()) + " |\n");
    }
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
