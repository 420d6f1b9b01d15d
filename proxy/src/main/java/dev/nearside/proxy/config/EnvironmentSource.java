package dev.nearside.proxy.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Puts what the {@code NEARSIDE_*} variables say into {@link Settings}. A variable with that prefix
 * that means nothing is reported, except those that Kubernetes makes for Services.
 */
final class EnvironmentSource {
  static final String PREFIX = "NEARSIDE_";

  /** Read when the first logger is made, before the configuration. */
  static final String LOG_LEVEL = "NEARSIDE_LOG_LEVEL";

  private static final Set<String> LOG_LEVELS =
      Set.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF");

  /** Read by the launcher. */
  private static final Set<String> LAUNCHER_VARIABLES =
      Set.of("NEARSIDE_JAVA_OPTS", "NEARSIDE_JVMS");

  /**
   * What Kubernetes injects for a Service whose name begins with nearside (Kubernetes, "Accessing
   * the Service", environment variables).
   */
  private static final Pattern KUBERNETES_SERVICE =
      Pattern.compile(
          "NEARSIDE_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?"
              + "|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");

  private static final Pattern KUBERNETES_LINK = Pattern.compile("(tcp|udp|sctp)://.*");

  private EnvironmentSource() {}

  /** Returns the variable that sets a key. */
  static String variable(String path) {
    return PREFIX + path.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** Reads the variables; the keys of a namespace or query can be set once the file has it. */
  static void read(Map<String, String> environment, Settings settings, Problems problems) {
    Map<String, String> paths = paths(settings);
    new TreeMap<>(environment)
        .forEach((name, text) -> {
          String path = paths.get(name);
          if (path != null) {
            settings.put(path, text, name);
          } else if (name.startsWith(PREFIX)) {
            refuseUnlessKnown(name, text, paths.keySet(), problems);
          }
        });
  }

  private static Map<String, String> paths(Settings settings) {
    Map<String, String> paths = new LinkedHashMap<>();
    Layout.TOP.paths().forEach(path -> paths.put(variable(path), path));
    for (Family family : Family.ALL) {
      for (String name : settings.names(family)) {
        for (String path : family.layout().paths()) {
          String whole = family.prefix(name) + path;
          paths.put(variable(whole), whole);
        }
      }
    }
    return paths;
  }

  private static void refuseUnlessKnown(
      String name, String text, Set<String> variables, Problems problems) {
    if (name.equals(LOG_LEVEL)) {
      if (!LOG_LEVELS.contains(text.toUpperCase(Locale.ROOT))) {
        problems.add(
            name,
            Problems.quoted(text)
                + " is not a log level; expected trace, debug, info, warn, error or off");
      }
    } else if (!LAUNCHER_VARIABLES.contains(name) && !isOfKubernetes(name, text)) {
      List<String> candidates = new ArrayList<>(variables);
      candidates.add(LOG_LEVEL);
      problems.add(
          name, unknown(name) + "; the nearest known one is " + NearestName.of(name, candidates));
    }
  }

  private static String unknown(String name) {
    for (Family family : Family.ALL) {
      if (name.startsWith(variable(family.section()) + "_")) {
        return "sets no key of " + family.one() + " in the file";
      }
    }
    return "unknown variable";
  }

  private static boolean isOfKubernetes(String name, String text) {
    return KUBERNETES_SERVICE.matcher(name).matches()
        || (name.endsWith("_PORT") && KUBERNETES_LINK.matcher(text).matches());
  }
}
