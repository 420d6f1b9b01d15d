package dev.nearside.proxy.config;

import dev.nearside.proxy.config.ConfigurationSources.Flag;
import java.util.List;

/** Puts what the flags say into {@link Settings}. */
final class FlagSource {
  private FlagSource() {}

  static void read(List<Flag> flags, Settings settings, Problems problems) {
    for (Flag flag : flags) {
      if (flag.path().startsWith(NamespaceKeys.SECTION + ".")) {
        readOfNamespace(flag, settings, problems);
      } else if (Layout.TOP.key(flag.path()) != null) {
        settings.put(flag.path(), flag.text(), flag.name());
      } else {
        String nearest = NearestName.of(flag.path(), Layout.TOP.paths());
        problems.add(flag.name(), flag.path(), FileSource.unknown(nearest));
      }
    }
  }

  private static void readOfNamespace(Flag flag, Settings settings, Problems problems) {
    int begin = NamespaceKeys.SECTION.length() + 1;
    int dot = flag.path().indexOf('.', begin);
    String name = flag.path().substring(begin, dot < 0 ? flag.path().length() : dot);
    String path = dot < 0 ? "" : flag.path().substring(dot + 1);
    if (!settings.addNamespace(name, flag.name())) {
      return;
    }
    if (Layout.NAMESPACE.key(path) != null) {
      settings.put(flag.path(), flag.text(), flag.name());
    } else {
      String nearest = NearestName.of(path, Layout.NAMESPACE.paths());
      problems.add(
          flag.name(), flag.path(), FileSource.unknown(NamespaceKeys.prefix(name) + nearest));
    }
  }
}
