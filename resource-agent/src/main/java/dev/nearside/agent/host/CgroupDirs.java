package dev.nearside.agent.host;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the cgroup of this process is, for one controller.
 *
 * <p>{@code /proc/self/cgroup} names the cgroup, {@code /proc/self/mountinfo} where its hierarchy
 * is mounted. A controller listed on a numbered line is version 1 even when a version 2 hierarchy
 * exists beside it (hybrid); see cgroups(7).
 *
 * @param v2 whether the files are those of version 2
 * @param dirs the cgroup's directory, then its ancestors up to the mount: any of them may be
 *     limited
 */
record CgroupDirs(boolean v2, List<Path> dirs) {

  /**
   * Finds the cgroup of a controller.
   *
   * @param root where {@code /proc} and {@code /sys} are looked for
   * @return its directories, or null when there is no such controller or hierarchy
   */
  static @Nullable CgroupDirs find(Path root, String controller) {
    List<String> cgroups = lines(root.resolve("proc/self/cgroup"));
    List<String> mounts = lines(root.resolve("proc/self/mountinfo"));
    String v1 = pathOf(cgroups, controller);
    if (v1 != null) {
      return under(root, mounts, v1, "cgroup", controller);
    }
    String v2 = pathOf(cgroups, "");
    return v2 == null ? null : under(root, mounts, v2, "cgroup2", null);
  }

  /** Returns the path of the line {@code 4:cpu,cpuacct:/path} that lists the controller. */
  private static @Nullable String pathOf(List<String> cgroups, String controller) {
    for (String line : cgroups) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && Arrays.asList(parts[1].split(",", -1)).contains(controller)) {
        return parts[2];
      }
    }
    return null;
  }

  private static @Nullable CgroupDirs under(
      Path root, List<String> mounts, String path, String type, @Nullable String option) {
    for (String line : mounts) {
      Mount mount = Mount.parse(line);
      if (mount != null && mount.type().equals(type) && mount.hasOption(option)) {
        Path top = root.resolve(mount.point().substring(1));
        return new CgroupDirs(type.equals("cgroup2"), upFrom(own(top, mount.root(), path), top));
      }
    }
    return null;
  }

  /**
   * Returns the directory of {@code path} below the mount. In a container the mount often starts at
   * the cgroup itself, or the path is of a namespace not seen here: then it is the mount.
   */
  private static Path own(Path top, String mountRoot, String path) {
    String below = mountRoot.equals("/") ? path : null;
    if (path.equals(mountRoot) || path.startsWith(mountRoot + "/")) {
      below = path.substring(mountRoot.length());
    }
    if (below == null || below.contains("..")) {
      return top;
    }
    Path own = top.resolve(below.replaceFirst("^/+", ""));
    return Files.isDirectory(own) ? own : top;
  }

  private static List<Path> upFrom(Path own, Path top) {
    List<Path> dirs = new ArrayList<>();
    for (Path dir = own; dir != null && dir.startsWith(top); dir = dir.getParent()) {
      dirs.add(dir);
    }
    return List.copyOf(dirs);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, ISO_8859_1);
    } catch (IOException e) {
      return List.of();
    }
  }

  /** A line of mountinfo: {@code 35 31 0:32 /root /point rw - type source options}. */
  private record Mount(String root, String point, String type, String options) {
    static @Nullable Mount parse(String line) {
      String[] halves = line.split(" - ", 2);
      if (halves.length < 2) {
        return null;
      }
      String[] left = halves[0].split(" ", -1);
      String[] right = halves[1].split(" ", -1);
      if (left.length < 5 || right.length < 3 || !left[4].startsWith("/")) {
        return null;
      }
      return new Mount(unescape(left[3]), unescape(left[4]), right[0], right[2]);
    }

    boolean hasOption(@Nullable String option) {
      return option == null || Arrays.asList(options.split(",", -1)).contains(option);
    }

    private static String unescape(String field) {
      return field.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
    }
  }
}
