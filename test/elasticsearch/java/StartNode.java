import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginBundle;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One real node from a home directory (config/, modules/, data/), without the launcher of the distribution. It ends when its
 * standard input does: whoever started it is gone then, however it went.
 */
public class StartNode {
  public static void main(String[] args) throws Exception {
    Thread watch = new Thread(() -> {
      try { while (System.in.read() >= 0) { } } catch (Exception e) { /* the same end */ }
      Runtime.getRuntime().halt(1);
    });
    watch.setDaemon(true);
    watch.start();
    Path home = Path.of(args[0]);
    Settings settings = Settings.builder().put("path.home", home).build();
    Environment environment = InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), home.resolve("config"), () -> "node");
    LogConfigurator.configureESLogging();
    PluginsLoader plugins = PluginsLoader.createPluginsLoader(
        bundles("loadModulesBundles", environment.modulesDir()), bundles("loadPluginsBundles", environment.pluginsDir()), Map.of(), false);
    new Node(environment, plugins).start();
    Thread.currentThread().join();
  }

  /** The method takes (Path) in 8 and (Path, boolean) in 9. */
  @SuppressWarnings("unchecked")
  private static Set<PluginBundle> bundles(String name, Path directory) throws Exception {
    for (Method method : PluginsLoader.class.getMethods()) {
      if (!method.getName().equals(name)) continue;
      return (Set<PluginBundle>) (method.getParameterCount() == 1 ? method.invoke(null, directory) : method.invoke(null, directory, false));
    }
    throw new NoSuchMethodException(name);
  }
}
