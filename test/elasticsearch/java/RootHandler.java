import java.util.List;
import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;

/** GET / and HEAD /. In the distribution they are a module of their own, which Maven Central does not carry. */
public class RootHandler extends BaseRestHandler {
  private final ClusterService cluster;

  RootHandler(ClusterService cluster) { this.cluster = cluster; }

  @Override public String getName() { return "root"; }

  @Override public List<Route> routes() {
    return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
  }

  @Override protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
    return channel -> {
      Build build = Build.current();
      var answer = channel.newBuilder().startObject()
          .field("name", cluster.getNodeName())
          .field("cluster_name", cluster.getClusterName().value())
          .field("cluster_uuid", cluster.state().metadata().clusterUUID())
          .startObject("version").field("number", build.version()).field("build_flavor", build.flavor()).endObject()
          .field("tagline", "You Know, for Search").endObject();
      channel.sendResponse(new RestResponse(RestStatus.OK, answer));
    };
  }
}
