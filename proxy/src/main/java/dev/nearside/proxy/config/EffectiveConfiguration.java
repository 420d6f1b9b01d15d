package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Namespace;
import dev.nearside.proxy.config.NearsideConfig.Query;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A configuration written as YAML that reads back as the same configuration, but for passwords:
 * they are shown as {@code "***"}.
 */
public final class EffectiveConfiguration {
  private final NearsideConfig config;
  private final UnaryOperator<String> remark;
  private final StringBuilder yaml = new StringBuilder();

  /**
   * @param remark what follows the value at a path on its line
   */
  EffectiveConfiguration(NearsideConfig config, UnaryOperator<String> remark) {
    this.config = config;
    this.remark = remark;
  }

  /** Returns the configuration as YAML, without passwords. */
  public static String redactedYaml(NearsideConfig config) {
    return new EffectiveConfiguration(config, path -> "").yaml();
  }

  String yaml() {
    write(Keys.ALL, config, "", "");
    if (!config.namespaces().isEmpty()) {
      yaml.append(NamespaceKeys.SECTION).append(":\n");
    }
    for (Namespace namespace : config.namespaces()) {
      yaml.append("  ").append(namespace.name()).append(":\n");
      write(NamespaceKeys.ALL, namespace, NamespaceKeys.prefix(namespace.name()), "    ");
    }
    if (!config.queries().isEmpty()) {
      yaml.append(QueryKeys.SECTION).append(":\n");
    }
    for (Query query : config.queries()) {
      yaml.append("  ").append(query.name()).append(":\n");
      write(QueryKeys.ALL, query, QueryKeys.prefix(query.name()), "    ");
    }
    return yaml.toString();
  }

  private <R> void write(List<Key<R, ?>> keys, R record, String prefix, String indent) {
    String openSection = "";
    for (Key<R, ?> key : keys) {
      String value = key.yaml(record);
      if (value == null) {
        continue;
      }
      int dot = key.path().indexOf('.');
      String section = key.path().substring(0, Math.max(dot, 0));
      if (!section.equals(openSection)) {
        yaml.append(indent).append(section).append(":\n");
        openSection = section;
      }
      yaml.append(indent)
          .append(section.isEmpty() ? "" : "  ")
          .append(key.path().substring(dot + 1))
          .append(": ")
          .append(value)
          .append(remark.apply(prefix + key.path()))
          .append('\n');
    }
  }
}
