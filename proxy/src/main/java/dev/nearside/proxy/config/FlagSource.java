package dev.nearside.proxy.config;

import dev.nearside.proxy.config.ConfigurationSources.Flag;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts what the flags say into {@link Settings}. */
final class FlagSource {
  private FlagSource() {}

  static void read(List<Flag> flags, Settings settings, Problems problems) {
    for (Flag flag : flags) {
      Family family = familyOf(flag);
      if (family != null) {
        readOf(family, flag, settings, problems);
      } else if (Layout.TOP.key(flag.path()) != null) {
        settings.put(flag.path(), flag.text(), flag.name());
      } else {
        String nearest = NearestName.of(flag.path(), Layout.TOP.paths());
        problems.add(flag.name(), flag.path(), FileSource.unknown(nearest));
      }
    }
  }

  private static @Nullable Family familyOf(Flag flag) {
    return Family.ALL.stream()
        .filter(family -> flag.path().startsWith(family.section() + "."))
        .findFirst()
        .orElse(null);
  }

  private static void readOf(Family family, Flag flag, Settings settings, Problems problems) {
    int begin = family.section().length() + 1;
    int dot = flag.path().indexOf('.', begin);
    String name = flag.path().substring(begin, dot < 0 ? flag.path().length() : dot);
    String path = dot < 0 ? "" : flag.path().substring(dot + 1);
    if (!settings.add(family, name, flag.name())) {
      return;
    }
    if (family.layout().key(path) != null) {
      settings.put(flag.path(), flag.text(), flag.name());
    } else {
      String nearest = NearestName.of(path, family.layout().paths());
      problems.add(flag.name(), flag.path(), FileSource.unknown(family.prefix(name) + nearest));
    }
  }
}
